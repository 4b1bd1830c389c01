import { tokenConformance } from './conformance/suite.ts';
import { softwareToken } from './software-token.ts';

tokenConformance('the software token', async () => softwareToken());
