package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"

	"example.com/desk/internal/store"
)

func (a *api) load(r *http.Request) (any, error) {
	agents, err := a.store.AgentList(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	loads := make([]store.Load, len(agents))
	group, ctx := errgroup.WithContext(r.Context())
	group.SetLimit(6)
	for i, agent := range agents {
		group.Go(func() error {
			open, err := a.store.OpenTickets(ctx, agent.ID)
			loads[i] = store.Load{Agent: agent.Name, Open: open}
			return err
		})
	}
	return loads, group.Wait()
}

func (a *api) workload(r *http.Request) (any, error) { return a.store.Workload(r.Context(), limit(r)) }

func (a *api) roster(r *http.Request) (any, error) {
	return a.store.Roster(r.Context(), r.PathValue("team"))
}

func (a *api) team(r *http.Request) (any, error) {
	return a.store.Team(r.Context(), r.PathValue("team"))
}

func (a *api) teamLoad(r *http.Request) (any, error) {
	agents, err := a.store.Team(r.Context(), r.PathValue("team"))
	if err != nil {
		return nil, err
	}
	loads := make([]store.Load, len(agents))
	for i, agent := range agents {
		loads[i].Agent = agent.Name
		if loads[i].Open, err = a.store.OpenTickets(r.Context(), agent.ID); err != nil {
			return nil, err
		}
	}
	return loads, nil
}

func (a *api) teamWorkload(r *http.Request) (any, error) {
	return a.store.TeamWorkload(r.Context(), r.PathValue("team"))
}

func (a *api) history(r *http.Request) (any, error) {
	customers, err := a.store.CustomerList(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	histories := make([]store.History, len(customers))
	for i, c := range customers {
		if histories[i], err = a.store.History(r.Context(), c.ID); err != nil {
			return nil, err
		}
	}
	return histories, nil
}

func (a *api) customerSummary(r *http.Request) (any, error) {
	customers, err := a.store.CustomerList(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(customers))
	for i, c := range customers {
		ids[i] = c.ID
	}
	return a.store.Histories(r.Context(), ids)
}

type inbox struct {
	Agent     store.Agent    `json:"agent"`
	Greeting  string         `json:"greeting"`
	Signature string         `json:"signature"`
	Due       []store.Ticket `json:"due"`
}

// inbox asks layer by layer; each wants to know for whom.
func (a *api) inbox(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("agent"), 10, 64)
	if err != nil {
		return nil, err
	}
	if err := a.mayRead(r.Context(), id); err != nil {
		return nil, err
	}
	greeting, err := a.greeting(r.Context(), id)
	if err != nil {
		return nil, err
	}
	agent, err := a.store.Agent(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return a.finish(r.Context(), agent, greeting)
}

func (a *api) mayRead(ctx context.Context, id int64) error {
	_, err := a.store.Agent(ctx, id)
	return err
}

func (a *api) greeting(ctx context.Context, id int64) (string, error) {
	agent, err := a.store.Agent(ctx, id)
	return "Hello " + agent.Name, err
}

func (a *api) agentInbox(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("agent"), 10, 64)
	if err != nil {
		return nil, err
	}
	agent, err := a.store.Agent(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return a.finish(r.Context(), agent, "Hello "+agent.Name)
}

func (a *api) finish(ctx context.Context, agent store.Agent, greeting string) (any, error) {
	signature, err := a.store.Setting(ctx, "signature")
	if err != nil {
		return nil, err
	}
	due, err := a.store.Due(ctx, 5)
	return inbox{agent, greeting, signature, due}, err
}

func (a *api) macros(r *http.Request) (any, error) {
	bodies := make([]string, limit(r))
	for i := range bodies {
		body, err := a.store.Macro(r.Context(), int64(i+1))
		if err != nil {
			return nil, err
		}
		bodies[i] = body
	}
	return bodies, nil
}

func (a *api) totals(r *http.Request) (any, error) { return a.store.Totals(r.Context()) }

func (a *api) summary(r *http.Request) (any, error) { return a.store.Summary(r.Context()) }

func (a *api) workloadReport(r *http.Request) (any, error) {
	return a.store.WorkloadReport(r.Context())
}

func (a *api) states(r *http.Request) (any, error) { return a.store.States(r.Context()) }

type added struct {
	Added int `json:"added"`
}

func (a *api) importMessages(r *http.Request) (any, error) { return add(r, a.store.Import) }

func (a *api) appendMessages(r *http.Request) (any, error) { return add(r, a.store.Append) }

func (a *api) bulk(r *http.Request) (any, error) { return add(r, a.store.AddAll) }

func add(r *http.Request, into func(context.Context, []store.NewMessage) error) (any, error) {
	var body struct {
		Messages []store.NewMessage `json:"messages"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	return added{len(body.Messages)}, into(r.Context(), body.Messages)
}

func (a *api) closeTicket(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, err
	}
	return closed{id}, a.store.CloseTicket(r.Context(), id, func(ctx context.Context) error {
		return a.gateway.Send(ctx, id, "closed")
	})
}

func (a *api) done(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, err
	}
	if err := a.gateway.Send(r.Context(), id, "closed"); err != nil {
		return nil, err
	}
	return closed{id}, a.store.MarkClosed(r.Context(), id)
}

type closed struct {
	Closed int64 `json:"closed"`
}

type deleted struct {
	Deleted int64 `json:"deleted"`
}

func (a *api) deleteTicket(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, err
	}
	return deleted{id}, a.store.Delete(r.Context(), id)
}

func (a *api) removeTicket(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, err
	}
	return deleted{id}, a.store.Remove(r.Context(), id)
}
