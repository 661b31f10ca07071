-- There is no action $1 of app $2 any more.
delete from headrace.flatfile_actions where id = $1 and app = $2
