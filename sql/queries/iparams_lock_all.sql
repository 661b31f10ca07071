-- All of them, held until they are encrypted anew: whoever sets some meanwhile comes after that.
select app, sealed from headrace.app_iparams order by app for update
