// TLS on both sides of the proxy, from a database's address: what its sslmode asks for, as libpq understands it.
#pragma once

#include <memory>

#include "base/error.h"
#include "net/tls.h"
#include "pg/dsn.h"

namespace hone::ops {

// How the proxy must speak to the server of `dsn`; empty: in plain. Connects to find out:
//   disable                 plain, without asking
//   allow                   plain, TLS where the server lets plain connections of this user in not even as far as a
//   login prefer                  TLS, plain where the server has none, the handshake fails or such a login is not let
//   in require                 TLS; its certificate is checked only where there is a file of authorities verify-ca,
//   verify-full  TLS with a server whose certificate an authority of sslrootcert has signed (for this host)
// Without sslmode it is allow on this machine and prefer elsewhere. A Unix socket is always plain. sslrootcert (a file
// or "system"), sslcert, sslkey, sslpassword, sslcrl, sslsni and the versions of TLS have libpq's meaning and defaults.
//
// kInput for channel_binding=require, for a mode that does not exist and for files that cannot be used; kService where
// the server has no TLS that the mode accepts; kNetwork where it cannot be reached.
base::Result<std::shared_ptr<const net::TlsContext>> ChooseUpstreamTls(const pg::Dsn& dsn);

// The address `dsn` as a client of the proxy must use it: without what concerns TLS with the server, with `sslmode`,
// and with `authority` as its sslrootcert where that is not empty. Host and port are left as they are.
pg::Dsn ForClients(pg::Dsn dsn, const std::string& sslmode, const std::string& authority);

}  // namespace hone::ops
