package main

import (
	"net/http"
	"strconv"
)

const desk = `select id, team, version from desks where id = $1`

// desk says which version of it the answer is of.
func (s server) desk(w http.ResponseWriter, r *http.Request) {
	var id, version int64
	var team string
	if err := s.pool.QueryRow(r.Context(), desk, r.PathValue("id")).Scan(&id, &team, &version); err != nil {
		done(w, err)
		return
	}
	w.Header().Set("ETag", tagOf(version))
	say(w, nil, map[string]any{"id": id, "team": team})
}

// bell is what rings at a desk; one desk in ten has none.
func (s server) bell(w http.ResponseWriter, r *http.Request) {
	var id int64
	var team string
	err := s.pool.QueryRow(r.Context(), `select id, team from desks where id = $1`, r.PathValue("id")).Scan(&id, &team)
	if err == nil && id%10 == 3 {
		http.Error(w, "no bell", http.StatusNotFound)
		return
	}
	say(w, err, map[string]any{"rings": team})
}

func tagOf(version int64) string { return strconv.Quote("v" + strconv.FormatInt(version, 10)) }

// change takes a request that knows the desk's present version, and is then the next one.
func (s server) change(what func(r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var version int64
		err := s.pool.QueryRow(r.Context(), `select version from desks where id = $1`, r.PathValue("id")).Scan(&version)
		if err == nil && r.Header.Get("If-Match") != tagOf(version) {
			http.Error(w, "another version", http.StatusPreconditionFailed)
			return
		}
		if err == nil {
			err = what(r)
		}
		if err == nil {
			_, err = s.pool.Exec(r.Context(), `update desks set version = version + 1 where id = $1 and version = $2`, r.PathValue("id"), version)
		}
		done(w, err)
	}
}

// One statement for each member of the desk's team.
func (s server) closeOneByOne(r *http.Request) error {
	rows, err := s.pool.Query(r.Context(), `select m.id from members m join desks d on d.team = m.team where d.id = $1`, r.PathValue("id"))
	if err != nil {
		return err
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := s.pool.Exec(r.Context(), `insert into notices (member_id, text) values ($1, 'closed')`, id); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s server) closeAtOnce(r *http.Request) error {
	_, err := s.pool.Exec(r.Context(), `insert into notices (member_id, text)
		select m.id, 'closed' from members m join desks d on d.team = m.team where d.id = $1`, r.PathValue("id"))
	return err
}

// man puts members of the desk's team behind it.
func (s server) man(put func(r *http.Request, ids []int64) error) http.HandlerFunc {
	return s.ofTeam("id", `select count(*) from members m join desks d on d.team = m.team where d.id = $1 and m.id = any($2)`,
		http.StatusUnprocessableEntity, put)
}

// One statement for each member.
func (s server) manOneByOne(r *http.Request, ids []int64) error {
	for _, id := range ids {
		if _, err := s.pool.Exec(r.Context(), `update members set desk = $1 where id = $2`, r.PathValue("id"), id); err != nil {
			return err
		}
	}
	return nil
}

func (s server) manAtOnce(r *http.Request, ids []int64) error {
	_, err := s.pool.Exec(r.Context(), `update members set desk = $1 where id = any($2)`, r.PathValue("id"), ids)
	return err
}
