package honetest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// database is where a DSN leads, and how to write the DSN with another address. Errors never hold the DSN: it has a
// password in it.
type database struct {
	host, port string
	through    func(host, port string) string
}

func parseDSN(dsn string) (database, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return parseURL(dsn)
	}
	return parsePairs(dsn)
}

func parseURL(dsn string) (database, error) {
	address, err := url.Parse(dsn)
	if err != nil {
		return database{}, errors.New("the DSN is not a URL: postgres://user:password@host:5432/name, with ONE host, and special characters percent-encoded")
	}
	query := address.Query()
	host, port := address.Hostname(), address.Port()
	if query.Get("host") != "" {
		host = query.Get("host")
	}
	if query.Get("port") != "" {
		port = query.Get("port")
	}
	found, err := check(host, port, query.Get("sslmode"), query.Get("channel_binding"))
	if err != nil {
		return database{}, err
	}
	found.through = func(host, port string) string {
		changed := *address
		changed.Host = host + ":" + port
		query := address.Query()
		query.Del("host")
		query.Del("hostaddr")
		query.Del("port")
		query.Set("sslmode", "disable")
		changed.RawQuery = query.Encode()
		return changed.String()
	}
	return found, nil
}

type pair struct{ key, value string }

// parsePairs reads key=value pairs as libpq's section "Keyword/Value Connection Strings" defines them.
func parsePairs(dsn string) (database, error) {
	notPairs := errors.New("the DSN is neither postgres://... nor key=value pairs")
	var pairs []pair
	rest := strings.TrimLeft(dsn, " \t\r\n")
	for rest != "" {
		equals := strings.IndexByte(rest, '=')
		if equals <= 0 {
			return database{}, notPairs
		}
		key := strings.TrimSpace(rest[:equals])
		value, after, ok := takeValue(strings.TrimLeft(rest[equals+1:], " \t\r\n"))
		if !ok || strings.ContainsAny(key, " \t\r\n'") {
			return database{}, notPairs
		}
		pairs = append(pairs, pair{key, value})
		rest = strings.TrimLeft(after, " \t\r\n")
	}
	if len(pairs) == 0 {
		return database{}, errors.New("the DSN is empty")
	}
	value := func(key string) string {
		last := ""
		for _, each := range pairs {
			if each.key == key {
				last = each.value
			}
		}
		return last
	}
	found, err := check(value("host"), value("port"), value("sslmode"), value("channel_binding"))
	if err != nil {
		return database{}, err
	}
	found.through = func(host, port string) string {
		words := []string{"host=" + host, "port=" + port, "sslmode=disable"}
		for _, each := range pairs {
			switch each.key {
			case "host", "hostaddr", "port", "sslmode":
			default:
				escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(each.value)
				words = append(words, each.key+"='"+escaped+"'")
			}
		}
		return strings.Join(words, " ")
	}
	return found, nil
}

// takeValue reads a value, in quotes or up to a blank, with backslashes before what stands for itself.
func takeValue(text string) (value, rest string, ok bool) {
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text = text[1:]
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		case quoted && c == '\'':
			return out.String(), text[i+1:], true
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return out.String(), text[i:], true
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), "", !quoted
}

func check(host, port, sslmode, channelBinding string) (database, error) {
	if host == "" {
		host = os.Getenv("PGHOST")
	}
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = os.Getenv("PGPORT")
	}
	if port == "" {
		port = "5432"
	}
	if sslmode == "" {
		sslmode = os.Getenv("PGSSLMODE")
	}
	switch {
	case strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@"):
		return database{}, errors.New("the DSN leads to a Unix socket, and the proxy needs TCP: host=127.0.0.1")
	case strings.Contains(host, ","):
		return database{}, errors.New("the DSN names several hosts, and the proxy leads to one")
	case sslmode == "require" || sslmode == "verify-ca" || sslmode == "verify-full":
		return database{}, fmt.Errorf("the DSN says sslmode=%s, and the proxy speaks plain TCP only: sslmode=disable, to a server that allows it", sslmode)
	case channelBinding == "require":
		return database{}, errors.New("the DSN says channel_binding=require, which no proxy can satisfy: leave it out for tests")
	}
	return database{host: host, port: port}, nil
}
