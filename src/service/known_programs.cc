#include "service/known_programs.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hone::service {
namespace {

// Words as each program's manual has them. memcached wants a user under root and passes -u over otherwise.
constexpr std::array<KnownProgram, 4> kPrograms = {{
    {"Redis", "redis-server", "redis-server", "redis",
     R"(redis-server --bind 127.0.0.1 --port {0} --save "" --appendonly no --dir ${{run.dir}})", 6379},
    {"Valkey", "valkey-server", "valkey-server", "valkey",
     R"(valkey-server --bind 127.0.0.1 --port {0} --save "" --appendonly no --dir ${{run.dir}})", 6379},
    {"Memcached", "memcached", "memcached", "memcached", "memcached -u nobody -l 127.0.0.1 -U 0 -p {0}", 11211},
    {"NATS", "nats-server", "nats-server", "nats", "nats-server -a 127.0.0.1 -p {0}", 4222},
}};

// IANA's registry of ports, and the projects' own documentation where they are not registered.
constexpr std::array<std::pair<uint16_t, std::string_view>, 22> kUsual = {
    {{80, "HTTP"},         {443, "HTTPS"},      {1433, "SQL Server"},     {2379, "etcd"},          {3306, "MySQL"},
     {4222, "NATS"},       {4317, "OTLP"},      {4318, "OTLP over HTTP"}, {5432, "PostgreSQL"},    {5672, "AMQP"},
     {6379, "Redis"},      {6432, "PgBouncer"}, {6831, "Jaeger"},         {8125, "StatsD"},        {8500, "Consul"},
     {9000, "ClickHouse"}, {9042, "Cassandra"}, {9092, "Kafka"},          {9200, "Elasticsearch"}, {11211, "Memcached"},
     {14268, "Jaeger"},    {27017, "MongoDB"}}};

std::string_view LastElement(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::span<const KnownProgram> KnownPrograms() { return kPrograms; }

const KnownProgram* FindProgram(std::string_view program) {
  const auto found = std::ranges::find(kPrograms, LastElement(program), &KnownProgram::program);
  return found == kPrograms.end() ? nullptr : &*found;
}

const KnownProgram* FindImage(std::string_view image) {
  const std::string_view name = LastElement(image.substr(0, image.find('@')));
  const auto found = std::ranges::find(kPrograms, name.substr(0, name.find(':')), &KnownProgram::image);
  return found == kPrograms.end() ? nullptr : &*found;
}

std::string_view UsualOfPort(uint16_t port) {
  const auto found = std::ranges::find(kUsual, port, &std::pair<uint16_t, std::string_view>::first);
  return found == kUsual.end() ? std::string_view() : found->second;
}

}  // namespace hone::service
