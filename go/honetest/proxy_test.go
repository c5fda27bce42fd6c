package honetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithoutHoneThereIsOneSentence(t *testing.T) {
	t.Setenv("HONE", "")
	t.Setenv("PATH", t.TempDir())
	_, _, err := Start("postgres://shop@127.0.0.1/shop")
	if err == nil || !strings.Contains(err.Error(), "hone is not on PATH") {
		t.Errorf("error %v", err)
	}
	t.Setenv("HONE", "/nonexistent/hone")
	_, _, err = Start("postgres://shop@127.0.0.1/shop")
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/hone") {
		t.Errorf("error %v", err)
	}
}

func TestAHoneThatEndsIsSaidWithItsLastWords(t *testing.T) {
	hone := filepath.Join(t.TempDir(), "hone")
	if err := os.WriteFile(hone, []byte("#!/bin/sh\necho 'hone: no such option' >&2\nexit 2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HONE", hone)
	_, _, err := Start("postgres://shop@127.0.0.1/shop")
	if err == nil || !strings.Contains(err.Error(), "ended: no such option") {
		t.Errorf("error %v", err)
	}
}
