// For tests: the messages of PostgreSQL's protocol as bytes, and recorded sessions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hone::sql::messages {

// Big-endian, `width` bytes.
inline std::string Number(uint64_t value, size_t width) {
  std::string bytes(width, '\0');
  for (size_t i = width; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}
inline std::string Zero(std::string_view text) { return std::string(text) + '\0'; }
inline std::string Message(char type, std::string_view body) {
  return std::string(1, type) + Number(body.size() + 4, 4) + std::string(body);
}

// The client's.
inline std::string Startup() {
  const std::string body = Number(196608, 4) + Zero("user") + Zero("u") + '\0';
  return Number(body.size() + 4, 4) + body;
}
inline std::string Ssl() { return Number(8, 4) + Number(80877103, 4); }
inline std::string Gss() { return Number(8, 4) + Number(80877104, 4); }
inline std::string Cancel(std::string_view key) {
  return Number(12 + key.size(), 4) + Number(80877102, 4) + Number(7, 4) + std::string(key);
}
inline std::string Query(std::string_view text) { return Message('Q', Zero(text)); }
inline std::string Parse(std::string_view name, std::string_view text) {
  return Message('P', Zero(name) + Zero(text) + Number(0, 2));
}
inline std::string DescribeStatement(std::string_view name) { return Message('D', "S" + Zero(name)); }
inline std::string CloseStatement(std::string_view name) { return Message('C', "S" + Zero(name)); }
// Parameters in one format; results in another.
inline std::string Bind(std::string_view statement, const std::vector<std::optional<std::string>>& parameters,
                        int format = 0, int result = 0, std::string_view portal = "") {
  std::string body = Zero(portal) + Zero(statement) + Number(1, 2) + Number(static_cast<uint64_t>(format), 2) +
                     Number(parameters.size(), 2);
  for (const auto& parameter : parameters)
    body += parameter ? Number(parameter->size(), 4) + *parameter : Number(0xffffffff, 4);
  return Message('B', body + Number(1, 2) + Number(static_cast<uint64_t>(result), 2));
}
inline std::string Execute(std::string_view portal = "", uint32_t rows = 0) {
  return Message('E', Zero(portal) + Number(rows, 4));
}
inline std::string Sync() { return Message('S', ""); }
inline std::string Flush() { return Message('H', ""); }
inline std::string CopyData(std::string_view data) { return Message('d', data); }
inline std::string CopyDone() { return Message('c', ""); }
inline std::string CopyFail() { return Message('f', Zero("stop")); }
inline std::string Terminate() { return Message('X', ""); }

// The server's.
inline std::string AuthenticationOk() { return Message('R', Number(0, 4)); }
inline std::string KeyData() { return Message('K', Number(7, 4) + Number(9, 4)); }
inline std::string Ready(char status = 'I') { return Message('Z', std::string(1, status)); }
inline std::string ParseComplete() { return Message('1', ""); }
inline std::string BindComplete() { return Message('2', ""); }
inline std::string CloseComplete() { return Message('3', ""); }
inline std::string NoData() { return Message('n', ""); }
inline std::string ParameterDescription(const std::vector<uint32_t>& oids) {
  std::string body = Number(oids.size(), 2);
  for (const uint32_t oid : oids) body += Number(oid, 4);
  return Message('t', body);
}
inline std::string RowDescription(const std::vector<uint32_t>& oids) {
  std::string body = Number(oids.size(), 2);
  for (const uint32_t oid : oids) body += Zero("column") + Number(0, 6) + Number(oid, 4) + Number(0, 8);
  return Message('T', body);
}
inline std::string Row(const std::vector<std::optional<std::string>>& values) {
  std::string body = Number(values.size(), 2);
  for (const auto& value : values) body += value ? Number(value->size(), 4) + *value : Number(0xffffffff, 4);
  return Message('D', body);
}
inline std::string Complete(std::string_view tag) { return Message('C', Zero(tag)); }
inline std::string Empty() { return Message('I', ""); }
inline std::string Suspended() { return Message('s', ""); }
inline std::string Error(std::string_view sqlstate) {
  return Message('E', "S" + Zero("ERROR") + "C" + Zero(sqlstate) + "M" + Zero("no") + '\0');
}
inline std::string Notice() { return Message('N', "S" + Zero("NOTICE") + "M" + Zero("hm") + '\0'); }
inline std::string Notification() { return Message('A', Number(7, 4) + Zero("channel") + Zero("")); }
inline std::string ParameterStatus() { return Message('S', Zero("TimeZone") + Zero("UTC")); }
inline std::string CopyInResponse() { return Message('G', Number(0, 1) + Number(0, 2)); }
inline std::string CopyOutResponse() { return Message('H', Number(0, 1) + Number(0, 2)); }
inline std::string CopyBothResponse() { return Message('W', Number(0, 1) + Number(0, 2)); }

// A session: who sent what, in order.
struct Sent {
  bool client = true;
  std::string bytes = {};
};
using Session = std::vector<Sent>;
inline Sent C(std::string bytes) { return {true, std::move(bytes)}; }
inline Sent S(std::string bytes) { return {false, std::move(bytes)}; }

// Up to the first ReadyForQuery.
inline Session Begin() { return {C(Startup()), S(AuthenticationOk() + ParameterStatus() + KeyData() + Ready())}; }
inline Session After(Session session, const Session& more) {
  session.insert(session.end(), more.begin(), more.end());
  return session;
}

}  // namespace hone::sql::messages
