# Rasa alone, for NLU=rasa: trained while the image is built; reached over HTTP with a token.
FROM python:3.10-slim
WORKDIR /app/nlu/rasa
COPY nlu/rasa/requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
# what its components are made of: SHARED in nlu/training.py
COPY nlu/__init__.py nlu/text.py nlu/simplified.txt nlu/grams.py nlu/linear.py nlu/decision.py \
    nlu/crf.py nlu/spans.py /app/nlu/
COPY nlu/rasa /app/nlu/rasa
ENV RASA_TELEMETRY_ENABLED=false
RUN rasa train nlu --fixed-model-name model --out /app/models
EXPOSE 5005
CMD ["sh", "-c", "exec rasa run --enable-api -m /app/models/model.tar.gz -i 0.0.0.0 -p 5005 --auth-token \"$RASA_TOKEN\""]
