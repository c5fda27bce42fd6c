// Programs that services often need beside a database: how each is started for a measurement, and what brings it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hone::service {

struct KnownProgram {
  std::string_view name;     // "Redis"
  std::string_view program;  // "redis-server"
  std::string_view package;  // of Debian
  std::string_view image;    // last element of the names of its images, without tag: "redis"
  // With {0} for where its port stands: on loopback, keeping nothing on disk outside of ${run.dir}.
  std::string_view run;
  uint16_t port;  // the usual one
};

std::span<const KnownProgram> KnownPrograms();

// By the program's name, with or without folders; nullptr for any other.
const KnownProgram* FindProgram(std::string_view program);
// By a container image: "docker.io/library/redis:7-alpine"; nullptr for any other.
const KnownProgram* FindImage(std::string_view image);

// What usually listens on a port ("Redis", "Kafka", "HTTP", "OTLP"); empty where nothing is known.
std::string_view UsualOfPort(uint16_t port);

}  // namespace hone::service
