package api

import (
	"context"
	"net/http"

	"example.com/desk/internal/store"
)

type ticketWithCustomer struct {
	store.Ticket
	Customer store.Customer `json:"customer"`
}

func (a *api) tickets(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	answer := make([]ticketWithCustomer, len(tickets))
	for i, t := range tickets {
		customer, err := a.store.Customer(r.Context(), t.CustomerID)
		if err != nil {
			return nil, err
		}
		answer[i] = ticketWithCustomer{t, customer}
	}
	return answer, err
}

func (a *api) queue(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(tickets))
	for i, t := range tickets {
		ids[i] = t.CustomerID
	}
	customers, err := a.store.Customers(r.Context(), ids)
	answer := make([]ticketWithCustomer, len(tickets))
	for i, t := range tickets {
		answer[i] = ticketWithCustomer{t, customers[t.CustomerID]}
	}
	return answer, err
}

type ticketWithAgent struct {
	store.Ticket
	Agent *store.Agent `json:"agent"`
}

// Not every ticket has an agent yet.
func (a *api) escalated(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	answer := make([]ticketWithAgent, len(tickets))
	for i, t := range tickets {
		answer[i].Ticket = t
		if t.AgentID == nil {
			continue
		}
		agent, err := a.store.Agent(r.Context(), *t.AgentID)
		if err != nil {
			return nil, err
		}
		answer[i].Agent = &agent
	}
	return answer, err
}

func (a *api) assigned(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, t := range tickets {
		if t.AgentID != nil {
			ids = append(ids, *t.AgentID)
		}
	}
	agents, err := a.store.Agents(r.Context(), ids)
	answer := make([]ticketWithAgent, len(tickets))
	for i, t := range tickets {
		answer[i].Ticket = t
		if t.AgentID == nil {
			continue
		}
		agent := agents[*t.AgentID]
		answer[i].Agent = &agent
	}
	return answer, err
}

type messageWithFiles struct {
	store.Message
	Files []store.Attachment `json:"files"`
}

type thread struct {
	Ticket   store.Ticket       `json:"ticket"`
	Messages []messageWithFiles `json:"messages"`
}

func (a *api) threads(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	answer := make([]thread, len(tickets))
	for i, t := range tickets {
		if answer[i], err = a.thread(r.Context(), t); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (a *api) thread(ctx context.Context, t store.Ticket) (thread, error) {
	messages, err := a.store.Messages(ctx, t.ID)
	if err != nil {
		return thread{}, err
	}
	with := make([]messageWithFiles, len(messages))
	for i, m := range messages {
		files, err := a.store.Attachments(ctx, m.ID)
		if err != nil {
			return thread{}, err
		}
		with[i] = messageWithFiles{m, files}
	}
	return thread{t, with}, nil
}

func (a *api) conversations(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	messages, err := a.store.MessagesOf(r.Context(), idsOfTickets(tickets))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, of := range messages {
		for _, m := range of {
			ids = append(ids, m.ID)
		}
	}
	files, err := a.store.AttachmentsOf(r.Context(), ids)
	answer := make([]thread, len(tickets))
	for i, t := range tickets {
		answer[i] = thread{t, make([]messageWithFiles, len(messages[t.ID]))}
		for k, m := range messages[t.ID] {
			of := files[m.ID]
			if of == nil {
				of = []store.Attachment{}
			}
			answer[i].Messages[k] = messageWithFiles{m, of}
		}
	}
	return answer, err
}

func idsOfTickets(tickets []store.Ticket) []int64 {
	ids := make([]int64, len(tickets))
	for i, t := range tickets {
		ids[i] = t.ID
	}
	return ids
}

func (a *api) cards(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	cards := make([]store.Card, len(tickets))
	for i, t := range tickets {
		customer, err := a.store.Customer(r.Context(), t.CustomerID)
		if err != nil {
			return nil, err
		}
		last, err := a.store.LastMessage(r.Context(), t.ID)
		if err != nil {
			return nil, err
		}
		tags, err := a.store.Tags(r.Context(), t.ID)
		if err != nil {
			return nil, err
		}
		cards[i] = store.Card{ID: t.ID, Customer: customer.Name, Last: last, Tags: tags}
	}
	return cards, nil
}

func (a *api) board(r *http.Request) (any, error) { return a.store.Board(r.Context(), limit(r)) }

// The gateway took only three at a time once.
func (a *api) export(r *http.Request) (any, error) { return a.pages(r, 3) }

func (a *api) archive(r *http.Request) (any, error) { return a.pages(r, 50) }

func (a *api) pages(r *http.Request, size int) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	answer := []store.Message{}
	for ids := idsOfTickets(tickets); len(ids) > 0; ids = ids[min(size, len(ids)):] {
		page := ids[:min(size, len(ids))]
		messages, err := a.store.MessagesOf(r.Context(), page)
		if err != nil {
			return nil, err
		}
		for _, id := range page {
			answer = append(answer, messages[id]...)
		}
	}
	return answer, nil
}

func (a *api) byIDs(r *http.Request) (any, error) {
	ids, err := idsOf(r)
	if err != nil {
		return nil, err
	}
	return a.store.ByIDs(r.Context(), ids)
}

func (a *api) lookup(r *http.Request) (any, error) {
	ids, err := idsOf(r)
	if err != nil {
		return nil, err
	}
	return a.store.Lookup(r.Context(), ids)
}

func (a *api) duplicates(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	pairs := []store.Pair{}
	for i, t := range tickets {
		for _, other := range tickets[i+1:] {
			shared, err := a.store.SharedTags(r.Context(), t.ID, other.ID)
			if err != nil {
				return nil, err
			}
			if shared > 0 {
				pairs = append(pairs, store.Pair{A: t.ID, B: other.ID, Shared: shared})
			}
		}
	}
	return pairs, nil
}

func (a *api) similar(r *http.Request) (any, error) {
	tickets, err := a.store.Recent(r.Context(), limit(r))
	if err != nil {
		return nil, err
	}
	return a.store.Alike(r.Context(), idsOfTickets(tickets))
}

func (a *api) search(r *http.Request) (any, error) {
	return a.store.Search(r.Context(), r.URL.Query().Get("q"), limit(r))
}

func (a *api) find(r *http.Request) (any, error) {
	return a.store.Find(r.Context(), r.URL.Query().Get("q"), limit(r))
}
