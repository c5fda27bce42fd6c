select id from items order by score desc limit 10
