import { describeServerCrashes } from '../support/server-crashes.ts';
import { ONE_SQLITE } from '../support/shapes.ts';

describeServerCrashes(ONE_SQLITE);
