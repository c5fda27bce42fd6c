// Where a service answers: http URLs, their addresses, and whether those are this machine's or a private network's.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::net {

// A host (name, IPv4 or IPv6 without brackets) and a port.
struct Address {
  std::string host = {};
  uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
};

// "127.0.0.1:8080", "[::1]:8080".
std::string ToString(const Address& address);

struct Url {
  Address address = {};    // the port is 80 where the URL names none
  std::string path = "/";  // begins with a slash; as written (not decoded)
  std::string query = {};  // without the question mark
};

// An absolute http URL (RFC 3986; the scheme in any case; a fragment is dropped). kInput for https ("not yet"), other
// schemes, user information, a missing host, a bad port, white space or control characters.
base::Result<Url> ParseUrl(std::string_view text);

// Path and query as they stand in a request line.
std::string Target(const Url& url);
// "http://host:port/path?query"; parses back to the same.
std::string ToString(const Url& url);

// A socket address of the kernel's.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;
};

// The addresses of a host, numeric or by the resolver, in its order; kNetwork if there is none. Blocks as the resolver
// does.
base::Result<std::vector<SocketAddress>> Resolve(const Address& address);

// Loopback, link-local and private addresses (RFC 1918, RFC 4193, RFC 3927), IPv4 in IPv6 included.
bool IsPrivate(const SocketAddress& address);

// "127.0.0.1:8080", "[::1]:8080".
std::string ToString(const SocketAddress& address);

// For one element of a path, or a name or value of a query: all but what never needs an escape (RFC 3986, section 2.3).
std::string PercentEncode(std::string_view value);
// What was encoded so, and a plus for a blank, as forms write it; what is no escape stays.
std::string PercentDecode(std::string_view value);

}  // namespace hone::net
