const tag = 'example_job';
const data: Partial<IProductJob> = {
  name: 'Updated Job Name',
  executions: 10,
  intervals: 120000,
};
await ductape.product.jobs.update(tag, data);
