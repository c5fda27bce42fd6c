#include "net/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "net/http_response.h"

namespace hone::net {
namespace {

std::string HostPort(std::string_view host, uint16_t port) {
  const bool colons = host.find(':') != std::string_view::npos;
  return colons ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

auto Bad(std::string_view text, std::string what) {
  return base::Fail(base::Code::kInput, std::move(what), std::string(text));
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]:port".
base::Result<Address> ParseAuthority(std::string_view authority, std::string_view url) {
  if (authority.find('@') != std::string_view::npos) return Bad(url, "A URL must not hold a user name or password");
  Address address{.port = 80};
  std::string_view rest;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return Bad(url, "The URL's IPv6 address has no closing bracket");
    address.host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return Bad(url, "The URL's host is malformed");
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    address.host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (address.host.empty()) return Bad(url, "The URL names no host");
  if (rest.size() > 1) {  // an empty port is the scheme's (RFC 3986, section 3.2.3)
    const auto port = ParsePort(rest.substr(1));
    if (!port) return Bad(url, "The URL's port is not a number from 1 to 65535");
    address.port = *port;
  }
  return address;
}

bool IsPrivateV4(uint32_t address) {
  const uint32_t first = address >> 24;
  return first == 127 || first == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8 || address >> 16 == 0xA9FE ||
         address == 0;
}

bool IsPrivateV6(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    uint32_t v4 = 0;
    std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
    return IsPrivateV4(ntohl(v4));
  }
  const bool unique_local = (address.s6_addr[0] & 0xFE) == 0xFC;
  return IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_LINKLOCAL(&address) ||
         unique_local;
}

}  // namespace

std::string ToString(const Address& address) { return HostPort(address.host, address.port); }

base::Result<Url> ParseUrl(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7F; });
  if (!printable) return Bad(text, "A URL must not hold white space, control or non-ASCII characters");
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Bad(text, "Not an absolute URL, as http://HOST:PORT/PATH is");
  const std::string_view scheme = text.substr(0, colon);
  if (EqualsIgnoringCase(scheme, "https")) return Bad(text, "https is not supported yet: use the service's http port");
  if (!EqualsIgnoringCase(scheme, "http")) return Bad(text, "The URL's scheme is not http");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  HONE_TRY(Address address, ParseAuthority(rest.substr(0, authority_end), text));
  rest.remove_prefix(authority_end);
  const size_t question = std::min(rest.find('?'), rest.size());
  Url url{.address = std::move(address)};
  if (question > 0) url.path = rest.substr(0, question);
  if (question < rest.size()) url.query = rest.substr(question + 1);
  return url;
}

std::string Target(const Url& url) { return url.query.empty() ? url.path : url.path + "?" + url.query; }

std::string ToString(const Url& url) { return "http://" + ToString(url.address) + Target(url); }

base::Result<std::vector<SocketAddress>> Resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (status != 0) {
    return base::Fail(base::Code::kNetwork, fmt::format("The host has no address ({})", gai_strerror(status)),
                      address.host);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress socket_address{.length = entry->ai_addrlen};
    std::memcpy(&socket_address.storage, entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(socket_address);
  }
  return addresses;
}

bool IsPrivate(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    return IsPrivateV4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  return address.storage.ss_family == AF_INET6 && IsPrivateV6(v6.sin6_addr);
}

std::string ToString(const SocketAddress& address) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  const int status = getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.length, host, sizeof host,
                                 port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  if (status != 0) return "unknown address";
  return HostPort(host, ParsePort(port).value_or(0));
}

std::string PercentEncode(std::string_view value) {
  std::string result;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string PercentDecode(std::string_view value) {
  std::string result;
  for (size_t i = 0; i < value.size(); ++i) {
    unsigned byte = 0;
    const std::string_view digits = value.substr(std::min(i + 1, value.size()), 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (value[i] == '%' && digits.size() == 2 && error == std::errc() && end == digits.data() + 2) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += value[i] == '+' ? ' ' : value[i];
    }
  }
  return result;
}

}  // namespace hone::net
