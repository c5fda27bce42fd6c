// Command helpdesk is a help desk's tickets over HTTP, with seeded defects in how PostgreSQL runs its statements. Each has a
// healthy twin that gives the same answer.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type ticket struct {
	ID       int64     `json:"id"`
	Subject  string    `json:"subject"`
	OpenedAt time.Time `json:"opened_at"`
}

// No index leads to an assignee: every request reads the whole table.
const byAssignee = `select id, subject, opened_at from tickets where assignee = $1 order by opened_at desc limit $2`

const byAssigneeIndexed = `select id, subject, opened_at from tickets_v2 where assignee = $1 order by opened_at desc limit $2`

// Reads the whole table because it needs every row: no index serves it.
const byRegion = `select min(id), region, max(opened_at) from tickets group by region order by region limit $1`

// Page by page from the beginning: the deeper, the more rows are computed and thrown away.
const page = `select id, subject, opened_at from tickets_v2 order by assignee, opened_at limit $1 offset $2`

type server struct{ pool *pgxpool.Pool }

func (s server) answer(w http.ResponseWriter, r *http.Request, query string, arguments ...any) {
	rows, err := s.pool.Query(r.Context(), query, arguments...)
	if err == nil {
		var tickets []ticket
		if tickets, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ticket]); err == nil {
			w.Header().Set("Content-Type", "application/json")
			err = json.NewEncoder(w).Encode(map[string]any{"tickets": tickets})
		}
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

func (s server) list(query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		s.answer(w, r, query, r.URL.Query().Get("assignee"), limit)
	}
}

func (s server) pages(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	s.answer(w, r, page, limit, offset)
}

func (s server) regions(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	s.answer(w, r, byRegion, limit)
}

const byID = `select id, subject, opened_at from tickets_v2 where id = $1`

const byIDs = `select id, subject, opened_at from tickets_v2 where id = any($1) order by id`

// playbook is the list of tickets that a row holds as a document.
func (s server) playbook(r *http.Request) (ids []int64, err error) {
	err = s.pool.QueryRow(r.Context(), `select ticket_ids from playbooks where code = $1`, r.PathValue("code")).Scan(&ids)
	return ids, err
}

// One query for each element of the list, which has as many in every request.
func (s server) playbookOneByOne(w http.ResponseWriter, r *http.Request) {
	ids, err := s.playbook(r)
	tickets := make([]ticket, len(ids))
	for i := 0; i < len(ids) && err == nil; i++ {
		err = s.pool.QueryRow(r.Context(), byID, ids[i]).Scan(&tickets[i].ID, &tickets[i].Subject, &tickets[i].OpenedAt)
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"tickets": tickets})
}

func (s server) playbookAtOnce(w http.ResponseWriter, r *http.Request) {
	ids, err := s.playbook(r)
	if err != nil {
		log.Print(err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	s.answer(w, r, byIDs, ids)
}

const dueReminders = `select id from reminders where sent_at is null and due_at < $1 order by due_at limit 20`

const sendBatch = `update reminders_v2 set sent_at = now()
	where id in (select id from reminders_v2 where sent_at is null and due_at < $1 order by due_at limit 20) returning id`

// One statement for each reminder of the batch, which is as long in every request as long as there are enough.
func (s server) sendOneByOne(w http.ResponseWriter, r *http.Request) {
	rows, err := s.pool.Query(r.Context(), dueReminders, time.Now())
	if err == nil {
		var ids []int64
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		for i := 0; i < len(ids) && err == nil; i++ {
			_, err = s.pool.Exec(r.Context(), `update reminders set sent_at = now() where id = $1`, ids[i])
		}
	}
	done(w, err)
}

func (s server) sendAtOnce(w http.ResponseWriter, r *http.Request) {
	_, err := s.pool.Exec(r.Context(), sendBatch, time.Now())
	done(w, err)
}

type article struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
	Body  string `json:"-"`
	Words int    `json:"words,omitempty"`
	Empty *bool  `json:"empty,omitempty"`
}

// The list shows titles: the bodies come for nothing.
const wholeArticles = `select * from articles order by id limit $1`

const titles = `select id, title, '' as body from articles order by id limit $1`

// articles lists some; what else it shows of one is up to `also`.
func (s server) articles(query string, also func(*article)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		rows, err := s.pool.Query(r.Context(), query, limit)
		var found []article
		for err == nil && rows.Next() {
			var a article
			err = rows.Scan(&a.ID, &a.Title, &a.Body)
			also(&a)
			found = append(found, a)
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"at": time.Now(), "articles": found})
	}
}

func countWords(a *article) { a.Words = len(strings.Fields(a.Body)) }

func sayWhetherEmpty(a *article) {
	empty := a.Body == ""
	a.Empty = &empty
}

type overdue struct {
	ID    int64  `json:"id"`
	Waits string `json:"waits"`
	days  int
}

const allReminders = `select id, ticket_id, due_at from reminders_v2 order by id`

const overdueReminders = `select id, ticket_id, due_at from reminders_v2 where ticket_id % 25 = 0 order by id`

// overdue lists the reminders of few tickets, with numbers of their own.
func (s server) overdue(query string, also func(all []overdue) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rows, err := s.pool.Query(r.Context(), query)
		var all, few []overdue
		for err == nil && rows.Next() {
			var one overdue
			var ticket int64
			var due time.Time
			err = rows.Scan(&one.ID, &ticket, &due)
			one.days = int(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).Sub(due).Hours() / 24)
			one.Waits = strconv.Itoa(one.days) + " days"
			all = append(all, one)
			if ticket%25 == 0 {
				few = append(few, one)
			}
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		answer := also(all)
		answer["reminders"] = few
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func nothingElse([]overdue) map[string]any { return map[string]any{} }

// The days of all together, also of those that are not listed.
func daysOfAll(all []overdue) map[string]any {
	days := 0
	for _, one := range all {
		days += one.days
	}
	return map[string]any{"days": days}
}

func done(w http.ResponseWriter, err error) {
	if err != nil {
		log.Print(err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	s := server{pool}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("GET /v1/tickets", s.list(byAssignee))
	mux.HandleFunc("GET /v2/tickets", s.list(byAssigneeIndexed))
	mux.HandleFunc("GET /v1/pages", s.pages)
	mux.HandleFunc("GET /regions", s.regions)
	mux.HandleFunc("GET /v1/playbooks/{code}", s.playbookOneByOne)
	mux.HandleFunc("GET /v2/playbooks/{code}", s.playbookAtOnce)
	mux.HandleFunc("POST /v1/reminders/send", s.sendOneByOne)
	mux.HandleFunc("POST /v2/reminders/send", s.sendAtOnce)
	mux.HandleFunc("GET /v1/reminders", s.firstReminders)
	mux.HandleFunc("POST /v1/reminders/dues", s.dues(10))
	mux.HandleFunc("POST /v2/reminders/dues", s.dues(1000))
	mux.HandleFunc("GET /v1/articles", s.articles(wholeArticles, func(*article) {}))
	mux.HandleFunc("GET /v2/articles", s.articles(titles, func(*article) {}))
	mux.HandleFunc("GET /v3/articles", s.articles(wholeArticles+" ", countWords))
	mux.HandleFunc("GET /v4/articles", s.articles(wholeArticles+" ", sayWhetherEmpty))
	mux.HandleFunc("POST /v1/articles/lookup", s.lookup(namedArticles))
	mux.HandleFunc("POST /v2/articles/lookup", s.lookup(namedTitles))
	mux.HandleFunc("GET /v1/overdue", s.overdue(allReminders, nothingElse))
	mux.HandleFunc("GET /v2/overdue", s.overdue(overdueReminders, nothingElse))
	mux.HandleFunc("GET /v3/overdue", s.overdue(allReminders+" ", daysOfAll))
	mux.HandleFunc("GET /v1/waiting", s.knowingDesks(s.waiting(whetherAny)))
	mux.HandleFunc("GET /v2/waiting", s.anyWaiting)
	mux.HandleFunc("GET /v3/waiting", s.waiting(howMany))
	mux.HandleFunc("GET /v4/waiting", s.waiting(s.whetherAnyAndTooMany))
	mux.HandleFunc("GET /v1/next", s.knowingDesks(s.ofAll(next)))
	mux.HandleFunc("GET /v2/next", s.ofAll(whetherAllWait))
	mux.HandleFunc("GET /v1/days/{day}", s.ofDay(checksum))
	mux.HandleFunc("GET /v2/days/{day}", s.ofDay(share))
	mux.HandleFunc("GET /v1/manned", s.manned)
	mux.HandleFunc("POST /v1/teams", s.hire)
	mux.HandleFunc("PUT /v1/teams/{code}/seats", s.seats(s.seatOneByOne))
	mux.HandleFunc("PUT /v2/teams/{code}/seats", s.seats(s.seatAtOnce))
	mux.HandleFunc("POST /v1/teams/{code}/shifts/confirm", s.confirm(s.confirmOneByOne))
	mux.HandleFunc("POST /v2/teams/{code}/shifts/confirm", s.confirm(s.confirmAtOnce))
	mux.HandleFunc("POST /v1/cards/stamp", s.stamp(s.stampOneByOne))
	mux.HandleFunc("POST /v2/cards/stamp", s.stamp(s.stampAtOnce))
	mux.HandleFunc("DELETE /v1/teams/{code}/skills/{skill}", s.dropSkill(s.tellOneByOne))
	mux.HandleFunc("DELETE /v2/teams/{code}/skills/{skill}", s.dropSkill(s.tellAtOnce))
	mux.HandleFunc("GET /v1/desks/compare", s.compare)
	mux.HandleFunc("GET /v1/desks/{id}", s.desk)
	mux.HandleFunc("GET /v1/desks/{id}/bell", s.bell)
	mux.HandleFunc("POST /v1/desks/{id}/close", s.change(s.closeOneByOne))
	mux.HandleFunc("POST /v2/desks/{id}/close", s.change(s.closeAtOnce))
	mux.HandleFunc("PUT /v1/desks/{id}/members", s.man(s.manOneByOne))
	mux.HandleFunc("PUT /v2/desks/{id}/members", s.man(s.manAtOnce))
	mux.HandleFunc("GET /v1/calls", s.ofLine(`select id from calls where line_id = $1 order by id limit 20`))
	mux.HandleFunc("GET /v1/messages", s.ofLine(`select id from messages where line_id = $1 order by id limit 20`))
	mux.HandleFunc("GET /v1/calls/{id}", s.lineOf(`select line_id from calls where id = $1`))
	mux.HandleFunc("GET /v1/messages/{id}", s.lineOf(`select line_id from messages where id = $1`))
	mux.HandleFunc("GET /v1/numbers/{number}", s.call)
	mux.HandleFunc("POST /v1/teams/{code}/praise", s.praise)
	http := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(http.ListenAndServe())
}
