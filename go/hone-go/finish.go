package main

import (
	"cmp"
	"reflect"
	"slices"
)

func compareOrigins(a, b Origin) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// finish brings the lists into a fixed order and makes nil lists empty ones.
func (d *Document) finish() {
	slices.SortStableFunc(d.Mains, func(a, b Main) int { return cmp.Compare(a.Package, b.Package) })
	slices.SortStableFunc(d.Routes, func(a, b Route) int {
		return cmp.Or(compareOrigins(a.Origin, b.Origin), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	slices.SortStableFunc(d.Headers, func(a, b Header) int {
		return cmp.Or(compareOrigins(a.Origin, b.Origin), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Middleware, b.Middleware))
	})
	slices.SortStableFunc(d.Listeners, func(a, b Listener) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Queries, func(a, b Query) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Locks, func(a, b Lock) int {
		return cmp.Or(compareOrigins(a.Origin, b.Origin), cmp.Compare(a.Defer, b.Defer))
	})
	slices.SortStableFunc(d.Upstreams, func(a, b UpstreamCall) int {
		return cmp.Or(compareOrigins(a.Origin, b.Origin), cmp.Compare(a.Method, b.Method), cmp.Compare(a.URL.Value, b.URL.Value))
	})
	slices.SortStableFunc(d.Env, func(a, b EnvVar) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Config, func(a, b Config) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Benchmarks, func(a, b Benchmark) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Pprof, func(a, b Debug) int { return compareOrigins(a.Origin, b.Origin) })
	slices.SortStableFunc(d.Metrics, func(a, b Debug) int { return compareOrigins(a.Origin, b.Origin) })
	for i := range d.Mains {
		slices.SortStableFunc(d.Mains[i].Subcommands, func(a, b Subcommand) int { return compareOrigins(a.Origin, b.Origin) })
		slices.SortStableFunc(d.Mains[i].Flags, func(a, b Flag) int { return compareOrigins(a.Origin, b.Origin) })
	}
	fillLists(reflect.ValueOf(d).Elem())
}

// fillLists replaces nil slices by empty ones all the way down, so that readers see [] and never null; lists that are
// left out when empty stay as they are.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillLists(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillLists(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	}
}
