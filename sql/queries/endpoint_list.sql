-- What is deployed of an app, by name, declared or not.
select name, deployed_at from headrace.app_endpoints where app = $1 order by name
