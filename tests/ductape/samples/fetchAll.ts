const jobs = await ductape.product.jobs.fetchAll();
