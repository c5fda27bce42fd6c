// For tests: a real PostgreSQL of its own, on a port of 127.0.0.1, gone with the object.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/files.h"

namespace hone::sql {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

inline Answer Own(PGresult* result) { return {result, &PQclear}; }

// The first value of the answer to `sql` in the simple protocol, empty for none.
inline std::string Ask(PGconn* connection, const std::string& sql) {
  const Answer answer = Own(PQexec(connection, sql.c_str()));
  EXPECT_TRUE(PQresultStatus(answer.get()) == PGRES_TUPLES_OK || PQresultStatus(answer.get()) == PGRES_COMMAND_OK)
      << PQerrorMessage(connection);
  return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

class PostgresForTest {
 public:
  // `prepare` may put files into the server's folder (folder()) before it starts; they become the server's.
  explicit PostgresForTest(const std::vector<std::string>& settings = {},
                           const std::function<void(const std::filesystem::path&)>& prepare = {})
      : folder_(*base::TemporaryDirectory::Create("sql-test")) {
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (user != nullptr) {
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
      std::ignore = ::chown(folder_.path().c_str(), uid_, gid_);
    }
    const std::string data = folder_.path() / "data";
    if (Wait(Spawn({Program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
                    "--locale=C"})) != 0) {
      throw std::runtime_error("initdb failed");
    }
    if (prepare) prepare(folder_.path());
    for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
      if (user != nullptr) std::ignore = ::chown(file.path().c_str(), uid_, gid_);
    port_ = FreePort();
    command_ = {Program("postgres"),
                "-D",
                data,
                "-k",
                folder_.path(),
                "-p",
                std::to_string(port_),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "log_destination=stderr"};
    for (const std::string& setting : settings) command_.insert(command_.end(), {"-c", setting});
    Run();
  }
  ~PostgresForTest() { Stop(); }
  PostgresForTest(const PostgresForTest&) = delete;
  PostgresForTest& operator=(const PostgresForTest&) = delete;

  uint16_t port() const { return port_; }
  std::filesystem::path folder() const { return folder_.path(); }  // of its Unix socket, too
  std::filesystem::path log() const { return folder_.path() / "log"; }
  pid_t pid() const { return server_; }

  // Ends at once, with everything that is under way, and is there again.
  void Restart() {
    Stop();
    Run();
  }

  static std::string Dsn(uint16_t port) {
    return "host=127.0.0.1 port=" + std::to_string(port) +
           " user=postgres dbname=postgres sslmode=prefer gssencmode=disable";
  }

 private:
  void Run() {
    server_ = Spawn(command_);
    while (PQping(Dsn(port_).c_str()) != PQPING_OK) {
      if (::waitpid(server_, nullptr, WNOHANG) != 0) throw std::runtime_error("the server ended");
      ::usleep(20'000);
    }
  }

  void Stop() const {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
  }

  static std::string Program(const std::string& name) {
    std::string newest;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
      const std::string program = version.path() / "bin" / name;
      if (std::filesystem::exists(program) && program > newest) newest = program;
    }
    if (newest.empty()) throw std::runtime_error("no PostgreSQL server is installed");
    return newest;
  }

  static uint16_t FreePort() {
    const base::FileDescriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  pid_t Spawn(const std::vector<std::string>& command) const {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string output = log();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (uid_ != 0) {
      std::ignore = ::setgroups(0, nullptr);
      std::ignore = ::setgid(gid_);
      std::ignore = ::setuid(uid_);
    }
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  static int Wait(pid_t child) {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }

  base::TemporaryDirectory folder_;
  std::vector<std::string> command_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  uint16_t port_ = 0;
  pid_t server_ = -1;
};

}  // namespace hone::sql
