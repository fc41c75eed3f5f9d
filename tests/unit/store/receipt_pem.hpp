// Keys made for these tests and used nowhere else: by `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`.
#pragma once

#include <string>

namespace bowline::test {

inline const std::string private_pem = "-----BEGIN " "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILYW62elFRNg6HnUPfasj+sRTnBhxc6/d7N4LYKlI2Ae\n-----END " "PRIVATE KEY-----";
inline const std::string public_pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEASn2XEsb4mTWApyfH3xw14XPuepZUbpznsldRILWtPMU=\n-----END PUBLIC KEY-----\n";
inline const std::string other_public_pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

}  // namespace bowline::test
