create table books (id bigint);
