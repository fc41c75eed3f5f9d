// Keys made for these tests, and good for nothing else.
#pragma once

#include <string>
#include <string_view>

namespace bowline::coinbase_test {

inline std::string pem(const std::string& label, std::string_view base64) {
  std::string out = "-----BEGIN " + label + "-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) out.append(base64.substr(i, 64)).append("\n");
  return out + "-----END " + label + "-----\n";
}
inline const std::string private_label = std::string("PRIVATE") + " KEY", ec_label = "EC " + private_label;

inline constexpr std::string_view p256_sec1 =
    "MHcCAQEEIIdGQfxTH0QDErWcCNOxqxitaMIBtqZYHBJwhuNiJ6onoAoGCCqGSM49AwEHoUQDQgAExHMIAnSiS0rfhxOQmkAREmHkDl+eZLowvpFyq8OByCG1giC9Q/VrjyFGUEK6+syeN"
    "9RsGx8Arp4PF06bXzoj2A==";
inline constexpr std::string_view p256_pkcs8 =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh0ZB/FMfRAMStZwI07GrGK1owgG2plgcEnCG42InqiehRANCAATEcwgCdKJLSt+HE5CaQBESYeQOX55kujC+kXKrw4HIIbWC"
    "IL1D9WuPIUZQQrr6zJ431GwbHwCung8XTptfOiPY";
inline constexpr std::string_view p256_public =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExHMIAnSiS0rfhxOQmkAREmHkDl+eZLowvpFyq8OByCG1giC9Q/VrjyFGUEK6+syeN9RsGx8Arp4PF06bXzoj2A==";
inline constexpr std::string_view ed25519_pkcs8 = "MC4CAQAwBQYDK2VwBCIEICzlhuVp8NuYnhnrbWcrOUtCQHoQ5+qjg+4q1BsgrInY";
inline constexpr std::string_view ed25519_public = "MCowBQYDK2VwAyEAZWFZ7xefckyQLMiCKIWmvN0tBQqH1Hm0EMzK37Swhwk=";
inline constexpr std::string_view ed25519_64 = "LOWG5Wnw25ieGettZys5S0JAehDn6qOD7irUGyCsidhlYVnvF59yTJAsyIIohaa83S0FCofUebQQzMrftLCHCQ==";
inline constexpr std::string_view ed25519_32 = "LOWG5Wnw25ieGettZys5S0JAehDn6qOD7irUGyCsidg=";

inline const std::string p256_pem = pem(ec_label, p256_sec1), p256_public_pem = pem("PUBLIC KEY", p256_public),
                         ed25519_public_pem = pem("PUBLIC KEY", ed25519_public);

// Each of a kind that has to be refused.
inline constexpr std::string_view p384_sec1 =
    "MIGkAgEBBDBbwMtdUWYzlUD3hnPD43N1JK2Yzyl2kNLZmpzWWLzfhHZGzuSc/bZ45v5uXgcJ2NigBwYFK4EEACKhZANiAATV3SWSTE+3TB4hw8/4Gm9sD9yCa3xsr69KtNRZVfTHrNRbVL7S"
    "Llf8z+e612i/vMtlKI4mwhk/Fu7CnEF0QvZSuzJWwai/afrDTULrQZqm2d8BVGm2DNIYyoqBj43eQSc=";
inline constexpr std::string_view secp256k1_sec1 =
    "MHQCAQEEIIJ2MJwFdqg9vak8/ZEjy1BjzoKGeVxTFp3tBJbwKiH/oAcGBSuBBAAKoUQDQgAE40mQqYSJ0dreqT7cFH4wG1H9Vy/cvUpZGShaPxkl/YCQABA1QSQgJ7PCP5sXxlQtjEIgG5v0"
    "2mj/LgcWLZBHzQ==";
inline constexpr std::string_view rsa_pkcs1 =
    "MIICXgIBAAKBgQDB5nPuqMc5PaQti2WEiJmtTSVGT6g7rqIE9WcHdUxPXonHFR0bST2MOgAwyl0IUsv4ViPXktFuZvedAwqxn+JG/xvqFyS2DLD7UdjleVPyro2xv44UwAD4OVDsYwcZFoqj"
    "V9ANbEW179y7jcjh1YgQovjFeq941eXBB/JF3miqMwIDAQABAoGAHob3zaVI6FwqEvmVXA5dk4lHyxATfoH6BCnWtLfk8cICkxNh57/aLs+a5BOYHg1bC5gUQIZe7rDLXy7xahGwABMKHsxr"
    "Jh5qNUy66G4inDIRMkavCyITFoO1/4tfLgpP1fFFqpafgh/1+DeGY0IiPA9Iwh82VaZXYfXgL4wrJEECQQD0UFNbqC0T0+NfNlUZp8QBFQUO0FWzMEkmb6mANc7j6AOxR7HylMnWCoLo37DT"
    "i0kBOydfjypYdrssT9VGFcnjAkEAyyzNZwf1p7k5UfQp1CjGZ6sU/7TrCXwpuDUwyiMuRfD4ckpVUKa7L80nyQVOxJ4YoHrXUiVMCq6UyarwgwTPcQJBAOGVvbJXEfBJ6JsEjwVWW+vn3bi0"
    "8zy2LAT6e5bvmC3mEGrD2XI0oj0pjYC68woRhQJG/W8FwULXtrIOsM261qMCQQCif3LItNUFEF+H7ICH7xTAVVS2LzzMmUHE0sXy5bBcwB31Sv5xQujzkmH/pP8awldwAs+0I6Bt6rOVl+JE"
    "59QBAkEA3LZ+vpIRnXAlAFDDT8Z/KvQn5aBbjc+5k5vI2Avui7VCMzN+FlzcwFcU1fLQROzsm7aDP5xUGBf5lvL+qpMOdQ==";
inline constexpr std::string_view encrypted_pkcs8 =
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAipsG2t1LxANgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEA7Z6ajG4C1OIce0qo2JdwMEgZDBDUqlo2PLVzkkI+ti"
    "HFz99+5koSz9knjPlTYOUKqV4WDQEJ6tSKqjlT3XUihGtDaIw4KOAbvfro0Xftrvf4ea46fOdVJnUhmxy5KXFavV8C9jK2EdMd6BywSvGR9/08OjHXmvG8rTJNo1Jh3lwZWj5M9nR0nHXWBf"
    "bfQ9Vwd/asplBVRqjjPGDdqh78zvwaQ=";
inline const std::string encrypted_sec1_pem = "-----BEGIN " + ec_label +
                                              "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,107D4567380BD6445AFCD82F6C9B69A5\n\n"
                                              "QJ9svwiF6xtELi+9T33jsll//pApXwwXLnhlfm3xzn2CViyWwXI1DFrTO3pdrQVX\n"
                                              "hGInGmi5SzHncheCkPD2ucTJL6NryKBIH2w3Aam45eoo8nnDKQO/Ab2/fT2nysab\n"
                                              "k1JUFH9+nMLsx2flQS0L71gl49576jim7Kp3+7Sl6ow=\n-----END " +
                                              ec_label + "-----\n";
inline constexpr std::string_view x25519_pkcs8 = "MC4CAQAwBQYDK2VuBCIEIOBWmTgbMCptAZYkXBlmJO21pyQdTkSzkLoTSg0ffsRI";
inline constexpr std::string_view ed448_pkcs8 = "MEcCAQAwBQYDK2VxBDsEOY/6aqfBYYMkO5/BJghDjsPT031KImUkwieqh593djvQBVJktcVnmRxB3qN7x2O6VkF38HeHRqrk9A==";

}  // namespace bowline::coinbase_test
