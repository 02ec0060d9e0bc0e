import { config } from 'zod';

// Schemas are faster as code that is made from text. The page's policy forbids that, and a mere try is reported.
config({ jitless: true });
