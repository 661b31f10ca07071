import { FlatfileListener } from '@flatfile/listener';
import { jobHandler } from '@flatfile/plugin-job-handler';
import type { FlatfileEvent } from '@flatfile/listener';

const listener = new FlatfileListener();

listener.use(
  jobHandler('data:validate', async (event: FlatfileEvent, tick) => {
    await tick(1, 'Starting validation...');
    const records = await getRecords(event); // Fictional function

    if (records.length === 0) {
      // This will be caught by the plugin and fail the job
      throw new Error('Validation failed: No records found to validate.');
    }

    // ... continue validation ...
  })
);
