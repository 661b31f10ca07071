import ductape from './ductapeClient';
import { JobEventTypes, IProductJob } from "ductape-sdk/dist/types";

const details: IProductJob = {
  name: 'Example Job',
  tag: 'example_job',
  event_type: JobEventTypes.ACTION, // event type to execute
  event_tag: 'action_tag',          // tag of the event to run
  executions: 5,                    // set to 0 for unlimited executions
  intervals: 60000,                 // interval in milliseconds
};
await ductape.product.jobs.create(details);
