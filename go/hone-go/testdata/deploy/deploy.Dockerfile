FROM golang:1.24 AS build
ENV CGO_ENABLED=0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/cache go build \
    -trimpath -tags=netgo,prod -ldflags "-s -w -X main.version=1" \
    -o /api ./cmd/api
FROM debian:12-slim
ENV LOG_FORMAT=json TZ="UTC"
COPY --from=build /api /api
ENTRYPOINT ["/api"]
CMD ["serve"]
