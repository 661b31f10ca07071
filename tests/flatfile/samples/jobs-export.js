// 2. Listen for the job in your listener
listener.on(
  "job:ready",
  { job: "workbook:export" },
  async ({ context: { jobId } }) => {
    try {
      await api.jobs.ack(jobId, {
        info: "Starting export...",
        progress: 10
      });

      // Custom export logic here

      await api.jobs.complete(jobId, {
        outcome: {
          message: "Export completed successfully"
        }
      });
    } catch (error) {
      await api.jobs.fail(jobId, {
        outcome: {
          message: "Export failed"
        }
      });
    }
  }
);
