package main

import (
	"encoding/json"
	"go/types"
	"math"
	"strconv"
	"strings"
)

// humaLayouts are the formats of JSON Schema that dates and times are written in, as Go writes them.
var humaLayouts = map[string]string{"date": "2006-01-02", "date-time": "2006-01-02T15:04:05Z07:00", "time": "15:04:05"}

// humaFormats are other formats by the rule of a validation tag.
var humaFormats = map[string]string{"email": "email", "idn-email": "email", "uuid": "uuid", "uri": "url", "url": "url"}

// humaLimits are the tags of a bound by the rule that says the same; the bool: whether it is of a number.
var humaLimits = []struct {
	tag, rule string
	number    bool
}{{"minimum", "min", true}, {"exclusiveMinimum", "gt", true}, {"maximum", "max", true}, {"exclusiveMaximum", "lt", true},
	{"minLength", "min", false}, {"maxLength", "max", false}, {"minItems", "min", false}, {"maxItems", "max", false}}

// humaRules gives the members of a body the rules that huma's tags say, as a validation tag. A member is required unless it may be left out.
func humaRules(fields []Field) {
	for i := range fields {
		field := &fields[i]
		rules := humaTagRules(field.Kind, field.Tags)
		if field.Type == "time.Time" || field.Type == "*time.Time" { // is written one way only
			rules = withoutLayout(rules)
		}
		if humaRequired(field.Tags) {
			rules = append([]string{"required"}, rules...)
		}
		for _, rule := range rules {
			if !strings.HasPrefix(rule, "datetime=") || !strings.Contains(field.Tags["validate"], "datetime=") {
				field.addRule(rule)
			}
		}
		humaRules(field.Fields)
	}
}

func withoutLayout(rules []string) []string {
	kept := rules[:0]
	for _, rule := range rules {
		if !strings.HasPrefix(rule, "datetime=") {
			kept = append(kept, rule)
		}
	}
	return kept
}

func humaRequired(tags map[string]string) bool {
	if says, ok := tags["required"]; ok {
		return says == "true"
	}
	return !strings.Contains(tags["json"], "omitempty") && !strings.Contains(tags["json"], "omitzero")
}

// humaRulesOf are the rules of a parameter. How long a text may be says nothing of which there are.
func humaRulesOf(t types.Type, tags map[string]string) []string {
	kind := jsonKind(t)
	rules := humaTagRules(kind, tags)
	if typePath(t) == "time.Time" {
		layout := tags["timeFormat"]
		if layout == "" {
			layout = humaLayouts["date-time"]
		}
		rules = append(withoutLayout(rules), "datetime="+layout)
	}
	kept := []string{}
	for _, rule := range rules {
		if kind != "string" || !strings.HasPrefix(rule, "min=") && !strings.HasPrefix(rule, "max=") {
			kept = append(kept, rule)
		}
	}
	return kept
}

// humaTagRules are bounds, choices and formats of a value of a JSON kind.
func humaTagRules(kind string, tags map[string]string) []string {
	rules := []string{}
	for _, limit := range humaLimits {
		if limit.number != (kind == "integer" || kind == "number") || tags[limit.tag] == "" {
			continue
		}
		if number, err := strconv.ParseFloat(tags[limit.tag], 64); err == nil {
			rules = append(rules, limit.rule+"="+humaWhole(number, limit.rule))
		}
	}
	if layout := humaLayouts[tags["format"]]; layout != "" {
		rules = append(rules, "datetime="+layout)
	} else if rule := humaFormats[tags["format"]]; rule != "" {
		rules = append(rules, rule)
	}
	if choices := humaChoices(tags["enum"]); choices != "" && kind == "array" {
		rules = append(rules, "dive", "oneof="+choices)
	} else if choices != "" {
		rules = append(rules, "oneof="+choices)
	}
	return rules
}

// humaWhole is the whole number next to a bound, on the side of what is allowed.
func humaWhole(number float64, rule string) string {
	switch rule {
	case "min", "lt":
		number = math.Ceil(number)
	default:
		number = math.Floor(number)
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// humaChoices are the values of an enumeration as `oneof` writes them, which has no way to write a space.
func humaChoices(enum string) string {
	choices := []string{}
	for _, choice := range strings.Split(enum, ",") {
		if choice = strings.TrimSpace(choice); choice != "" && !strings.ContainsAny(choice, " =") {
			choices = append(choices, choice)
		}
	}
	return strings.Join(choices, " ")
}

// humaExample is the example of a body that its members' tags make up; empty where one that is required has none.
func humaExample(body *Body) string {
	value, complete := humaObject(body.Fields)
	if !complete || body.Array || len(value) == 0 {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func humaObject(fields []Field) (map[string]any, bool) {
	object, complete := map[string]any{}, true
	for _, field := range fields {
		if value, ok := humaValue(field); ok {
			object[field.Name] = value
		} else if humaRequired(field.Tags) {
			complete = false
		}
	}
	return object, complete
}

// humaValue is an example of one member: what its tags show, or what those of its own members do.
func humaValue(field Field) (any, bool) {
	for _, tag := range []string{"example", "default"} {
		text, ok := field.Tags[tag]
		if !ok {
			continue
		}
		if field.Kind == "string" {
			return text, true
		}
		var value any
		if json.Unmarshal([]byte(text), &value) == nil {
			return value, true
		}
	}
	if choice, _, _ := strings.Cut(field.Tags["enum"], ","); choice != "" && field.Kind == "string" {
		return choice, true
	}
	if len(field.Fields) == 0 {
		return nil, false
	}
	object, complete := humaObject(field.Fields)
	if field.Kind == "array" {
		return []any{object}, complete
	}
	return object, complete
}
