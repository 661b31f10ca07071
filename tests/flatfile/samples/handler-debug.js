import { FlatfileListener } from '@flatfile/listener';
import { jobHandler } from '@flatfile/plugin-job-handler';

const listener = new FlatfileListener();

// Using the 'opts' parameter to enable debug logging
listener.use(
  jobHandler(
    'workbook:submit',
    async (event) => {
      console.log('Processing submitted workbook...');
      // ... processing logic ...
    },
    { debug: true }
  )
);
