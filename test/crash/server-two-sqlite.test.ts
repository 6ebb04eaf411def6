import { describeServerCrashes } from '../support/server-crashes.ts';
import { TWO_SQLITE } from '../support/shapes.ts';

describeServerCrashes(TWO_SQLITE);
