-- +goose Up
create table items (id bigint);
-- +goose Down
drop table items;
