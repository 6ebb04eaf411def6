import { describeServerCrashes } from '../support/server-crashes.ts';
import { ONE_POSTGRESQL } from '../support/shapes.ts';

describeServerCrashes(ONE_POSTGRESQL);
