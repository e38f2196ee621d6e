# The service: web, worker, scheduler, sender - one image, the command says which. The worker reads
# with nlu/model.npz, in its own process.
FROM python:3.13-slim
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY nlu nlu
COPY actions actions
COPY storage storage
RUN useradd --create-home mingcheng
USER mingcheng
EXPOSE 8000
ENTRYPOINT ["python", "-m", "bot"]
CMD ["web", "--host", "0.0.0.0"]
