package main

import (
	"encoding/json"
	"errors"
	"net/http"
)

var errNotOfTeam = errors.New("not of this team")

const seatsOfTeam = `update members set seat = s.seat from unnest($1::bigint[]) with ordinality as s (id, seat) where members.id = s.id`

const makeTeam = `with made as (insert into teams select 'team-' || count(*) + 1 from teams returning code)
insert into members select (select max(id) from members) + n, made.code from made, generate_series(1, 100) n`

// hire makes a team that is larger than any other.
func (s server) hire(w http.ResponseWriter, r *http.Request) {
	_, err := s.pool.Exec(r.Context(), makeTeam)
	done(w, err)
}

// seats puts members of a team into an order; each must be of the team.
func (s server) seats(put func(r *http.Request, ids []int64) error) http.HandlerFunc {
	return s.ofTeam("code", `select count(*) from members where team = $1 and id = any($2)`, http.StatusConflict, put)
}

// ofTeam hands on the members in the body, if `known` counts all of them for what the path has under that name.
func (s server) ofTeam(name, known string, refused int, put func(r *http.Request, ids []int64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var wanted struct {
			Members []int64 `json:"members"`
		}
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, "no members", http.StatusBadRequest)
			return
		}
		var found int
		err := s.pool.QueryRow(r.Context(), known, r.PathValue(name), wanted.Members).Scan(&found)
		if err == nil && found != len(wanted.Members) {
			http.Error(w, errNotOfTeam.Error(), refused)
			return
		}
		if err == nil {
			err = put(r, wanted.Members)
		}
		done(w, err)
	}
}

// One statement for each member.
func (s server) seatOneByOne(r *http.Request, ids []int64) error {
	for seat, id := range ids {
		if _, err := s.pool.Exec(r.Context(), `update members set seat = $1 where id = $2`, seat, id); err != nil {
			return err
		}
	}
	return nil
}

func (s server) seatAtOnce(r *http.Request, ids []int64) error {
	_, err := s.pool.Exec(r.Context(), seatsOfTeam, ids)
	return err
}

const tellTeam = `insert into notices (member_id, text) select id, $2 from members where team = $1`

// dropSkill takes a skill from a team that has it, and tells its members.
func (s server) dropSkill(tell func(r *http.Request, text string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		dropped, err := s.pool.Exec(r.Context(), `delete from team_skills where team = $1 and skill_id = (select id from skills where name = $2)`,
			r.PathValue("code"), r.PathValue("skill"))
		if err == nil && dropped.RowsAffected() == 0 {
			http.Error(w, errNotOfTeam.Error(), http.StatusNotFound)
			return
		}
		if err == nil {
			err = tell(r, "no more "+r.PathValue("skill"))
		}
		done(w, err)
	}
}

// One statement for each member.
func (s server) tellOneByOne(r *http.Request, text string) error {
	rows, err := s.pool.Query(r.Context(), `select id from members where team = $1`, r.PathValue("code"))
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
		if _, err := s.pool.Exec(r.Context(), `insert into notices (member_id, text) values ($1, $2)`, id, text); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s server) tellAtOnce(r *http.Request, text string) error {
	_, err := s.pool.Exec(r.Context(), tellTeam, r.PathValue("code"), text)
	return err
}

// confirm hands on the shifts in the body, if all of them are the team's and still to come.
func (s server) confirm(put func(r *http.Request, ids []int64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var wanted struct {
			Shifts []int64 `json:"shifts"`
		}
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, "no shifts", http.StatusBadRequest)
			return
		}
		var found int
		err := s.pool.QueryRow(r.Context(), `select count(*) from shifts where team = $1 and id = any($2) and status = 'planned'`,
			r.PathValue("code"), wanted.Shifts).Scan(&found)
		if err == nil && found != len(wanted.Shifts) {
			http.Error(w, errNotOfTeam.Error(), http.StatusConflict)
			return
		}
		if err == nil {
			err = put(r, wanted.Shifts)
		}
		done(w, err)
	}
}

// One statement for each shift.
func (s server) confirmOneByOne(r *http.Request, ids []int64) error {
	for _, id := range ids {
		if _, err := s.pool.Exec(r.Context(), `update shifts set confirmed_at = now() where id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s server) confirmAtOnce(r *http.Request, ids []int64) error {
	_, err := s.pool.Exec(r.Context(), `update shifts set confirmed_at = now() where id = any($1)`, ids)
	return err
}
