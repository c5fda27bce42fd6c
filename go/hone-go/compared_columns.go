package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Which columns the text of a statement compares with its parameters.

const columnName = `((?:"?\w+"?\.){0,2}"?[a-z_]\w*"?)`

// inZone may stand behind a column of times.
const inZone = `\s+at\s+time\s+zone\s+'[^']*'`

var (
	comparison = regexp.MustCompile(`(?i)(?:\b(lower|upper|trim|date)\s*\(\s*` + columnName + `(?:::\w+)?(?:` + inZone + `)?\s*\)|` +
		columnName + `(?:` + inZone + `\s*\))?(::\w+)?)\s*` +
		`(=|\bilike\b|\blike\b|\bin\b|<@|@>|<=|>=|<|>|\bbetween\b)\s*(?:any\s*)?\(?\s*(?:(?:lower|upper|trim)\s*\(\s*)?\$(\d+)`)
	between     = regexp.MustCompile(`^(?:::\w+)?\s+(?i:and)\s+\$(\d+)`)
	assignments = regexp.MustCompile(`(?is)\bset\b.*?(\bwhere\b|\breturning\b|$)`)
	named       = regexp.MustCompile(`(?i)\b(?:from|join|update|into)\s+((?:"?\w+"?\.)?"?[a-z_]\w*"?)(?:\s+(?:as\s+)?("?[a-z_]\w*"?))?`)
)

// notAliases are the words that may follow a table in a statement.
var notAliases = []string{"where", "join", "left", "right", "inner", "full", "cross", "natural", "on", "using", "set", "order", "group",
	"limit", "values", "returning", "for", "union", "having", "window", "tablesample", "offset", "fetch", "default", "select"}

// notTables are those that may follow FROM, JOIN, UPDATE or INTO: `for update skip locked`, `on conflict do update set`.
var notTables = []string{"skip", "nowait", "of", "set", "where", "select", "lateral", "only"}

// namedTables are the tables that a statement names, and what it calls them.
func namedTables(text string) (tables []string, aliases map[string]string) {
	aliases = map[string]string{}
	for rest := text; ; {
		at := named.FindStringSubmatchIndex(rest)
		if at == nil {
			return tables, aliases
		}
		table := bareName(rest[at[2]:at[3]])
		end := at[3]
		if !slices.Contains(notTables, strings.ToLower(table)) {
			if !slices.Contains(tables, table) {
				tables = append(tables, table)
			}
			aliases[strings.ToLower(table)] = table
			aliases[strings.ToLower(table[strings.LastIndex(table, ".")+1:])] = table
			if at[4] >= 0 {
				if alias := strings.ToLower(bareName(rest[at[4]:at[5]])); !slices.Contains(notAliases, alias) {
					aliases[alias] = table
					end = at[5]
				}
			}
		}
		rest = rest[end:]
	}
}

// comparedColumns are the columns that a statement compares with its parameters, by their numbers; none where a parameter is compared with
// several.
func comparedColumns(text string) map[int]Compared {
	text = assignments.ReplaceAllString(numbered(text), "$1")
	tables, aliases := namedTables(text)
	columns, several := map[int]Compared{}, map[int]bool{}
	note := func(digits string, column Compared) {
		number, err := strconv.Atoi(digits)
		if err != nil {
			return
		}
		if known, ok := columns[number]; ok && !known.same(column) {
			several[number] = true
		}
		columns[number] = column
	}
	for _, at := range comparison.FindAllStringSubmatchIndex(text, -1) {
		match := submatches(text, at)
		column := Compared{Tables: tables, Column: bareName(match[2] + match[3])}
		column.Day = strings.EqualFold(match[1], "date") || strings.EqualFold(match[4], "::date") ||
			slices.Contains([]string{"<", "<=", ">", ">=", "between"}, strings.ToLower(match[5]))
		if dot := strings.LastIndex(column.Column, "."); dot >= 0 {
			table, known := aliases[strings.ToLower(column.Column[:dot])]
			column.Column = column.Column[dot+1:]
			if column.Tables = nil; known {
				column.Tables = []string{table}
			}
		}
		note(match[6], column)
		if end := between.FindStringSubmatch(text[at[1]:]); end != nil && strings.EqualFold(match[5], "between") {
			note(end[1], column)
		}
	}
	for number := range several {
		delete(columns, number)
	}
	return columns
}

// submatches are the texts of a match's places; empty where a part did not take part.
func submatches(text string, at []int) []string {
	var all []string
	for i := 0; i < len(at); i += 2 {
		if at[i] < 0 {
			all = append(all, "")
		} else {
			all = append(all, text[at[i]:at[i+1]])
		}
	}
	return all
}

func bareName(name string) string { return strings.ReplaceAll(name, `"`, "") }

// numbered writes $1, $2 for the ? of libraries that rewrite them.
func numbered(text string) string {
	if strings.Contains(text, "$1") {
		return text
	}
	var all strings.Builder
	number := 0
	for _, c := range text {
		if c == '?' {
			number++
			all.WriteString("$" + strconv.Itoa(number))
		} else {
			all.WriteRune(c)
		}
	}
	return all.String()
}
