package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	tableOfSQL = regexp.MustCompile(`(?is)create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?:\w+\.)?"?(\w+)"?\s*\(\s*"?(\w+)"?\s+(\w+)`)
	uuidOfSQL  = regexp.MustCompile(`'([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})'`)
)

// people are the tables that the subject of a token is a row of, the likeliest first.
var people = []string{"users", "user", "accounts", "account", "members", "customers", "people", "persons", "employees", "staff", "profiles"}

// claimsBySchema says of claims that name a row by a text what its table's key is, and of a UUID which one a seed makes.
func (p *Program) claimsBySchema() {
	if len(p.doc.Claims) == 0 {
		return
	}
	keys := p.tableKeys()
	for i := range p.doc.Claims {
		claim := &p.doc.Claims[i]
		if claim.Kind != "string" && claim.Kind != "any" || len(claim.Values) > 0 {
			continue
		}
		for _, table := range tablesOf(claim.Name) {
			key, ok := keys[table]
			if !ok {
				continue
			}
			if claim.Format == "" {
				claim.Format = key
			}
			if claim.Format == "uuid" {
				p.seededID(claim, table)
			}
			break
		}
	}
}

// tablesOf are the tables that a claim may name a row of: user_id, userId, uid, sub.
func tablesOf(claim string) []string {
	lower := strings.ToLower(claim)
	if lower == "sub" || lower == "uid" {
		return people
	}
	entity, ok := strings.CutSuffix(lower, "id")
	entity = strings.TrimRight(entity, "_-")
	if !ok || entity == "" {
		return nil
	}
	tables := []string{entity + "s", entity, entity + "es", strings.TrimSuffix(entity, "y") + "ies"}
	if slices.Contains(people, entity+"s") {
		tables = append(tables, people...)
	}
	return tables
}

// tableKeys says by table whether its first column, where that is its key, is a number or a UUID.
func (p *Program) tableKeys() map[string]string {
	keys := map[string]string{}
	read := func(text string) {
		for _, m := range tableOfSQL.FindAllStringSubmatch(text, -1) {
			switch kind := strings.ToLower(m[3]); {
			case !strings.HasSuffix(strings.ToLower(m[2]), "id"):
			case strings.Contains(kind, "serial"), strings.HasPrefix(kind, "int"), strings.HasSuffix(kind, "int"):
				keys[strings.ToLower(m[1])] = "integer"
			case kind == "uuid":
				keys[strings.ToLower(m[1])] = "uuid"
			}
		}
	}
	for _, migrations := range p.doc.Database.Migrations {
		for _, file := range migrations.Files {
			data, _ := os.ReadFile(filepath.Join(p.dir, migrations.Dir, file))
			read(string(data))
		}
	}
	for _, query := range p.doc.Queries {
		read(query.Text)
	}
	return keys
}

// seededID takes the first UUID that a seed file gives to a row of the table.
func (p *Program) seededID(claim *TokenClaim, table string) {
	insert := regexp.MustCompile(`(?i)insert\s+into\s+(?:\w+\.)?"?` + regexp.QuoteMeta(table) + `"?\b`)
	for _, seed := range p.doc.Database.Seed {
		data, err := os.ReadFile(filepath.Join(p.dir, seed.File))
		if seed.File == "" || err != nil || p.isIgnored(seed.File) {
			continue
		}
		text := string(data)
		at := insert.FindStringIndex(text)
		if at == nil {
			continue
		}
		statement, _, _ := strings.Cut(text[at[1]:], ";")
		if m := uuidOfSQL.FindStringSubmatchIndex(statement); m != nil {
			id := statement[m[2]:m[3]]
			line := 1 + strings.Count(text[:at[1]+m[2]], "\n")
			claim.Values = append(claim.Values, TokenValue{Value: Text{Value: id, Resolved: id}, Origin: Origin{seed.File, line}})
			return
		}
	}
}
