FROM golang:1.24 AS build
ENV CGO_ENABLED=0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache go build \
    -trimpath -tags=netgo,prod -ldflags "-s -w -X main.version=1" \
    -o /api ./cmd/api
FROM gcr.io/distroless/static
ENV LOG_FORMAT=json TZ="UTC"
COPY --from=build /api /api
ENTRYPOINT ["/api"]
CMD ["serve"]
