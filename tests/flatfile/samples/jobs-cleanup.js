listener.on("job:completed", async (event) => {
  const { jobId } = event.context;
  await cleanupTemporaryResources(jobId);
});
