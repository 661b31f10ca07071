import { FlatfileListener } from '@flatfile/listener';
import { jobHandler } from '@flatfile/plugin-job-handler';
import type { FlatfileEvent } from '@flatfile/listener';

const listener = new FlatfileListener();

// Using the 'opts' parameter to enable debug logging
listener.use(
  jobHandler(
    'workbook:submit',
    async (event: FlatfileEvent) => {
      console.log('Processing submitted workbook...');
      // ... processing logic ...
    },
    { debug: true }
  )
);
