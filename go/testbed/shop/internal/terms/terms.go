// Package terms turns what people type into search terms.
package terms

import (
	"regexp"
	"strings"
)

const maxTerms = 6

var words = regexp.MustCompile(`"[^"]{1,40}"|[\pL\d]+(?:['’.\-][\pL\d]+)*`)

// Split returns the distinct words of a query, in lower case.
func Split(query string) []string {
	return collect(words.FindAllString(query, -1))
}

// Parse returns the distinct words of a query, in lower case; quoted phrases count as their words.
func Parse(query string) []string {
	token := regexp.MustCompile(`"[^"]{1,40}"|[\pL\d]+(?:['’.\-][\pL\d]+)*`)
	return collect(token.FindAllString(query, -1))
}

func collect(found []string) []string {
	terms := make([]string, 0, maxTerms)
	for _, f := range found {
		for _, word := range strings.FieldsFunc(strings.ToLower(f), separator) {
			if len(terms) < maxTerms && !contains(terms, word) {
				terms = append(terms, word)
			}
		}
	}
	return terms
}

// separator is true for what must not reach to_tsquery.
func separator(r rune) bool {
	return strings.ContainsRune(" \t\"'’.-&|!:*()<>\\", r)
}

func contains(terms []string, word string) bool {
	for _, t := range terms {
		if t == word {
			return true
		}
	}
	return false
}
