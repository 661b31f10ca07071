listener.use(async (event, next) => {
  if (event.topic.startsWith("job:")) {
    console.log(`Job ${event.context.jobId}: ${event.topic}`);
  }
  await next();
});
