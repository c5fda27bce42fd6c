-- Names of people.

-- name: ListNames :many
SELECT name FROM names ORDER BY name LIMIT $1;
