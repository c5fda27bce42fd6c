insert into items values (1);
