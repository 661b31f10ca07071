const job = await ductape.product.jobs.fetch('example_job');
