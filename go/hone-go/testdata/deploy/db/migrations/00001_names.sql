-- +goose Up
CREATE TABLE names (name text PRIMARY KEY);

-- +goose Down
DROP TABLE names;
