// Credentials that a machine or a container is given by the cloud that it runs in: short-lived, over HTTP
// from an address that only it reaches. Sources: "Container credential provider" and "IMDS credential
// provider" of the AWS SDKs and Tools Reference Guide.
//
// Errors: kNoCredentials where nothing is to be had, kNetwork where another try may help, kBadSetting, and
// those of the transport. That nobody answers is kNoCredentials only of a machine, which need not be in any
// cloud: a container is told its address.
#pragma once

#include <string>

#include "net/http.h"
#include "store/s3/signer.h"

namespace sqbackup {

inline constexpr const char* kContainerMetadata = "http://169.254.170.2";
inline constexpr const char* kInstanceMetadata = "http://169.254.169.254";

// The URL has to be https://, or of this machine, or of the addresses that Amazon uses for containers:
// otherwise the authorization, which may be empty, would be told to anybody.
Result<S3Credentials> s3_container_credentials(const std::string& url, const Secret& authorization,
                                               HttpTransport& http, const Cancel& cancel);

// By version 2 of the protocol alone: a token first, with which everything else is asked.
Result<S3Credentials> s3_instance_credentials(const std::string& base_url, HttpTransport& http,
                                              const Cancel& cancel);

}  // namespace sqbackup
