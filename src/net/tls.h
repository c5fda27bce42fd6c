// TLS over a non-blocking socket that somebody else owns and polls: who speaks it, and one connection's stream.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/certificate.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using BIO = struct bio_st;

namespace hone::net {

struct TlsClientOptions {
  enum class Verify { kNothing, kAuthority, kHost };
  Verify verify = Verify::kNothing;
  std::string host = {};                   // that the certificate must name with kHost; sent as SNI where it is a name
  std::filesystem::path authorities = {};  // PEM, for kAuthority and kHost; empty: those of this machine
  std::filesystem::path revoked = {};      // PEM; empty: none
  std::filesystem::path certificate = {};  // PEM, of the client; empty: none
  std::filesystem::path key = {};
  std::string key_password = {};
  std::string least_version = {};  // "TLSv1.2" and the like; empty: TLSv1.2
  std::string most_version = {};   // empty: any
  bool send_name = true;           // SNI
};

// Immutable, and may be used by several threads. Both roles speak TLS 1.2 and later and the application protocol
// "postgresql" (ALPN) where the other side wants one; neither keeps sessions for later.
class TlsContext {
 public:
  static base::Result<std::shared_ptr<const TlsContext>> ForServer(const RunCertificate& made);
  // kInput for a file that is missing or holds something else.
  static base::Result<std::shared_ptr<const TlsContext>> ForClient(const TlsClientOptions& options);

 private:
  friend class TlsStream;
  std::shared_ptr<SSL_CTX> context_ = {};
  bool server_ = false;
  std::string server_name_ = {};  // SNI; empty: none
};

// Decrypted bytes wait in it only after a Peek: whatever else has come is still in the socket, so polling that is
// enough.
class TlsStream {
 public:
  enum class Step { kDone, kAgain, kFailed };

  TlsStream(const TlsContext& context, int fd);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // kAgain: when the socket is readable, or writable with wants_write().
  Step Handshake();
  bool ready() const { return ready_; }
  // Why the handshake failed, as a part of a sentence.
  const std::string& problem() const { return problem_; }
  // The application protocol that was agreed on; empty: none.
  std::string protocol() const;

  // As recv and send on a non-blocking socket, with errno. Receive wants room for a whole record: 16 KiB or more. What
  // Send did not take must be given again.
  ssize_t Receive(char* data, size_t size);
  ssize_t Send(std::string_view bytes);
  // The next byte, which stays; false where there is none yet.
  bool Peek(char& byte);
  // Says that no more will be sent.
  void SendEnd();

  // What is waited for is not to be read but room to write.
  bool wants_write() const { return wants_write_; }
  // Decrypted bytes wait that the socket does not show.
  bool buffered() const;

 private:
  static int Read(BIO* bio, char* data, int size);
  static int Write(BIO* bio, const char* data, int size);
  static long Control(BIO* bio, int command, long number, void* pointer);
  static BIO* MakeBio(TlsStream* stream);
  ssize_t Failed(int result, bool reading);
  std::string Problem(int error) const;

  std::shared_ptr<SSL> ssl_;
  int fd_;
  bool ready_ = false;
  bool ended_ = false;   // the other side's bytes have come to an end
  bool broken_ = false;  // nothing may be sent or received any more
  bool wants_write_ = false;
  std::string problem_ = {};
};

}  // namespace hone::net
