// The one alteration of a session: channel binding taken out of what a server with TLS offers.
//
// SCRAM-SHA-256-PLUS binds a login to the server's certificate as the client sees it. A client of the proxy sees the
// proxy's, or none, so that every login by it would fail. Taken out of the server's list, a client without TLS logs in
// by SCRAM-SHA-256. A client with TLS that could bind says so ("y"), and a server that can, too, refuses that as a
// downgrade, rightly: such a client must be told `channel_binding=disable`, or speak to the proxy in plain. One that
// cannot bind (lib/pq, pgx before 5.9) says "n" and logs in.
#pragma once

#include <string>
#include <string_view>

namespace hone::sql {

class SaslFilter {
 public:
  // Whether the client speaks TLS with the proxy.
  explicit SaslFilter(bool client_tls) : client_tls_(client_tls) {}

  // What of the bytes of the server (the client) goes on now, in their order; the view lives until the next call. A
  // message is kept back until it is complete.
  std::string_view FromServer(std::string_view bytes);
  std::string_view FromClient(std::string_view bytes);

  // All that comes from now on passes as it is.
  bool over() const { return phase_ == Phase::kOver; }
  // The client's login cannot succeed: it could bind. Nothing of it was passed on.
  bool refused() const { return refused_; }

 private:
  enum class Phase { kOffer, kChoice, kOver };
  std::string_view Release();

  bool client_tls_;
  Phase phase_ = Phase::kOffer;
  bool refused_ = false;
  std::string kept_ = {};
  std::string passed_ = {};
};

}  // namespace hone::sql
