import { FlatfileListener } from '@flatfile/listener';
import { jobHandler } from '@flatfile/plugin-job-handler';
import type { FlatfileEvent } from '@flatfile/listener';
import type { Flatfile } from '@flatfile/api';

const listener = new FlatfileListener();

listener.use(
  jobHandler('file:process', async (event: FlatfileEvent, tick): Promise<Flatfile.JobCompleteDetails> => {
    try {
      await tick(25, 'Processing file...');
      // ... your processing logic ...

      // Return a custom outcome on success
      return {
        outcome: {
          message: 'File processed successfully. 10 new records created.',
          acknowledge: true,
        },
      };
    } catch (error) {
      console.error('An error occurred:', error);
      // Throwing the error will automatically fail the job
      throw new Error('Failed to process the file.');
    }
  })
);
