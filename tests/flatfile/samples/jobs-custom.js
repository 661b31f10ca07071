// Create a custom job from an event
listener.on(
  "commit:created",
  { sheet: "contacts" },
  async ({ context: { workbookId } }) => {
    const { data } = await api.jobs.create({
      type: "workbook",
      operation: "customOperation",
      trigger: "immediate",
      source: workbookId
    });
  }
);

// Handle the custom job
listener.on(
  "job:ready",
  { job: "workbook:customOperation" },
  async ({ context: { jobId } }) => {
    try {
      await api.jobs.ack(jobId, {
        info: "Starting custom operation",
        progress: 0
      });

      // Custom logic here

      await api.jobs.complete(jobId, {
        outcome: {
          message: "Operation completed"
        }
      });
    } catch (error) {
      await api.jobs.fail(jobId);
    }
  }
);
