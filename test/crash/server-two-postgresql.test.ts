import { describeServerCrashes } from '../support/server-crashes.ts';
import { TWO_POSTGRESQL } from '../support/shapes.ts';

describeServerCrashes(TWO_POSTGRESQL);
