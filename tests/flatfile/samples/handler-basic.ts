import { FlatfileListener } from '@flatfile/listener';
import { jobHandler } from '@flatfile/plugin-job-handler';
import type { FlatfileEvent } from '@flatfile/listener';

const listener = new FlatfileListener();

listener.use(
  jobHandler('space:configure', async (event: FlatfileEvent, tick) => {
    // Acknowledge the job has started
    await tick(10, 'Starting configuration...');

    // ... your custom logic to configure the space ...
    console.log('Configuring space:', event.context.spaceId);

    // Update progress
    await tick(50, 'Halfway there!');

    // ... more logic ...

    // Job is finished
    await tick(100, 'Configuration complete.');
  })
);
